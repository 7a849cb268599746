"""What schemathesis may not call a failure. There are three here, and two in schemathesis.toml; each has its reason."""

import json

import schemathesis

# Rules that the schemas of a valid request can't say. The answer is then VALIDATION, with one of these texts.
UNSAYABLE = (
    # 1. A cursor is opaque, and which of them were given out, only the server knows.
    "must be a `nextCursor` from an earlier answer",
    # 2. The most common passwords are a list of 100,000.
    "is one of the most common passwords; choose one that nobody else thinks of",
    # 3. Rules about several fields together: OpenAPI has none for the parts of a query.
    "is required to change the e-mail address or the password",
    "can't be given together with",
    "must not be your name, your e-mail address or ours",
)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    if type(failure).__name__ != "RejectedPositiveData" or response.status_code != 400:
        return True
    faults = json.loads(response.content)["errors"]
    return not faults or any(not fault["message"].startswith(UNSAYABLE) for fault in faults)
