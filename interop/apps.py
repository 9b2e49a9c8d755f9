from django.apps import AppConfig


class InteropConfig(AppConfig):
    name = "interop"
    verbose_name = "Échanges avec le SAS"

    def ready(self) -> None:
        from appointments.booking.outward import register_teller
        from appointments.slots.border import register_border
        from interop import checks, receivers, tasks  # noqa: F401  # each registers itself
        from interop.seen import SasBorder
        from interop.services.appointment_news import sort_by_delivery, tell_deliveries

        register_teller(tell_deliveries, sort_by_delivery)
        register_border(SasBorder())
