"""French compares as French: one folded form of words, computed by PostgreSQL, for every order, search and uniqueness."""

from django.db import models

# Function and dictionary are named with their schema: by search_path alone unaccent could not be called immutable, and a dump
# could not be restored, which empties search_path. The collations are PostgreSQL's own since 17 and need no ICU: pg_c_utf8
# lowers every script, "C" orders the same on every server. Needs the extension unaccent.
CREATE_FOLDED_WORDS = r"""
CREATE FUNCTION public.folded_words(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN btrim(regexp_replace(
    lower(public.unaccent('public.unaccent'::regdictionary, words) COLLATE pg_catalog.pg_c_utf8), '[\s''-]+', ' ', 'g'
)) COLLATE pg_catalog."C"
"""
DROP_FOLDED_WORDS = "DROP FUNCTION public.folded_words(text)"


@models.TextField.register_lookup
@models.CharField.register_lookup
class FoldedWords(models.Transform):
    """« Jean-Luc  L’Œil » → `jean luc l oeil`: without accents and capitals; apostrophes, hyphens and blanks are one blank.

    `name__folded` in an ordering, and in a lookup, where what is looked for is folded too: `name__folded__contains="ÉCU"`.
    """

    lookup_name = "folded"
    bilateral = True
    function = "public.folded_words"
    # A function's result has the collation of what it was given: the cluster's.
    template = '(%(function)s(%(expressions)s) COLLATE pg_catalog."C")'
    output_field = models.TextField(db_collation="C")


@models.CharField.register_lookup
class Spelled(models.Transform):
    """An identifier, whoever wrote it: `Café/12` composed or not, in capitals or not, is one. `value__spelled=…` compares so.

    Accents, hyphens and blanks count: an identifier is no word.
    """

    lookup_name = "spelled"
    bilateral = True
    # Decomposed first: the lower case of İ depends on it.
    template = (
        '(normalize(lower(normalize(%(expressions)s, NFD) COLLATE pg_catalog.pg_c_utf8), NFC) COLLATE pg_catalog."C")'
    )
    output_field = models.TextField(db_collation="C")


def folded(field: str) -> models.GeneratedField:
    """A stored column beside the text field of that name: `name_folded = folded("name")`."""
    return models.GeneratedField(
        expression=FoldedWords(field), output_field=models.TextField(db_collation="C"), db_persist=True
    )
