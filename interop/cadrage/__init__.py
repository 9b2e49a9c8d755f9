"""docs/cadrage.md: what an editor declares to the ANS before the connected acceptance.

Its tables are drawn from the code they describe (`people`, `exchanges`) and stand between markers (`document`), so that
`manage.py cadrage` can renew them and CI can tell when they are not true any more. What only one installation knows comes in
as an `Installation`; the committed file is the one of no installation.
"""
