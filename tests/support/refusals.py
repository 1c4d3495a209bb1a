"""What every refusal has in common."""


def refused(answer, status, code, field=None):
    """Asserts a problem document (RFC 9457) and returns it."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["title"]
    assert problem["detail"]
    if field is not None:
        assert field in {error["field"] for error in problem["errors"]}, problem
    if status == 401:
        assert answer["WWW-Authenticate"].startswith("Bearer")
    return problem
