"""Messages as the OpenAI API spells them."""


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


def system(text, role="system"):
    return {"role": role, "content": text}
