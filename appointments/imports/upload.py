"""Files that are sent: in memory, never on a disk, since they hold patients. What is too large is read to its end and dropped."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from appointments.imports.values import LARGEST_FILE


class BoundedMemory(FileUploadHandler):
    """All files of a request together. The view asks `was_too_large`."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._size = 0
        self._file = BytesIO()

    def new_file(self, *args: Any, **options: Any) -> None:
        super().new_file(*args, **options)
        self._file = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._size += len(raw_data)
        if self._size > LARGEST_FILE:
            self._file = BytesIO()
            if self.request is not None:
                self.request.META["sas_agenda.upload_too_large"] = True
            raise SkipFile
        self._file.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self._file.seek(0)
        return InMemoryUploadedFile(
            file=self._file,
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type or "",
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )


def was_too_large(request: HttpRequest) -> bool:
    request.POST.get("")  # it is read by now
    return "sas_agenda.upload_too_large" in request.META
