"""`./agenda recette`: the acceptance book that any editor can run, the SAS platform being played by this package.

A black-box suite: it calls an editor's FHIR base and pages over the network, knows nothing of our product, and says check
by check, in French, what is right, what is wrong and which rule says so. What plays the SAS is `sandbox.sas`.

How a group of checks is written
--------------------------------
One module per subject in `conformance/recette/groups/` (a package when it would pass 400 lines), its group listed in
`groups.all_groups()`. Pure rules (decoded JSON in, `Problem`s out) live in `conformance/recette/judging/`, tested on fixtures.

    @dataclass(slots=True)
    class State:                                    # what the checks of the group share, new at each run
        created: Identifier | None = None

    ACCOUNTS: Group[State] = Group(5, "comptes", "Comptes des régulateurs (INT_R02)", State,
                                   why_not=lambda run: "" if … else "raison en français")

    @ACCOUNTS.check("R02-01", "Un compte à identifiant national est créé par POST", cadrage("INT_R02, tableau"))
    def is_created(context: Context[State]) -> str | None:
        exchange = context.answered(context.call("POST", "Practitioner", body=…), 201)   # or the check ends, failed
        context.expect("location" in …, "L’en-tête Location est absent.", "Location")    # idem
        context.judge(problems_of(exchange.json()))                                      # pure rules, all noted
        context.warn("PKCE n’est pas demandé.", "code_challenge")                        # a reservation
        context.state.created = …

    @ACCOUNTS.check("R02-02", "…", …, requires=("R02-01",), limit=60)   # skipped unless R02-01 passed or warned
    …
    ACCOUNTS.cleanup = withdraw_what_was_made       # (context) -> object, after the last check, its faults ignored

- Identifiers: TLS-, META-, R01- (slots), CPTS-, SOS-, R02- (accounts), SSO- (landing and sign-in), R03- (appointments), two
  digits or more, unique, never reused. Titles say what is right. Sources: `sources.cadrage/guide/kit/fhir/oidc(section)`
  or `Source(document, section)`; at least one.
- Verdict: **passed** when the function returns (a returned string is shown beside); **failed** when a fault was noted or
  `CheckFailed("…")` raised; **warning** when only warnings were noted; **skipped** by `raise CheckSkipped("pourquoi")`.
  `context.refused(exchange, 422, element="Practitioner.active")` checks a refusal and its OperationOutcome in one line.
- An exception that nobody expected (an answer of an unforeseen shape) makes a clean failure naming its class, never a
  traceback; still, judge shapes before reading them.
- Exchanges: `context.call(method, path, body= | raw_body=, accept=, headers=, label=)` for FHIR, `Browser(context)` for pages
  (`get`, `follow`, `submit`, `page.form_with(…)`; one redirect at a time), `context.record(exchange)` for what was received
  or made otherwise. All are shown when the check does not pass, masked: names, e-mails, phones, people's numbers, cookies,
  tokens, codes. What else is secret or personal (a random password, a made-up name) is declared by
  `context.run.masker.add(value)`. Sentences never repeat a person's data nor a token.
- The platform we play: `context.run.listener` (`.identity`, `.receiver`, `.faults`, `.regulators`, `.platform`), started at its
  first use, skipped when the environment does not declare it. `.platform.identity = MyProvider(…)` replaces the provider.
- A real free slot: `searching.find_slots(context)`; the platform's search: `searching.search(context, identifiers)`.
- Environment: typed in `environment.py`, documented in `demo.toml`; add fields there for your group.
- Time: a check has `limit` seconds (30), calls are cut at that deadline, `context.wait_until(condition, "ce qui est attendu",
  seconds=…)` polls. A check that overruns is abandoned and failed; past the overall limit the rest is skipped.
- A dead server: no answer at the start → nothing is run, exit status 2; if it dies under way, each call's exchange has
  `status` None and `context.answered` says so; as soon as it no longer answers at all, the rest is skipped.
- Terminal, JSON and HTML reports are made from the results alone: a group never prints. `context.run.tell("…")` speaks to
  the operator (group 7).
"""

from conformance.recette.book import Check, Group, Source
from conformance.recette.context import Context, Run
from conformance.recette.findings import Problem
from conformance.recette.verdicts import CheckFailed, CheckSkipped, Verdict

__all__ = ["Check", "CheckFailed", "CheckSkipped", "Context", "Group", "Problem", "Run", "Source", "Verdict"]
