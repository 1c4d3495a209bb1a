"""What mails say: for each language and kind the subject, and the text around `{link}`.

Nothing that somebody typed stands in them: whoever gives the address of another could otherwise
write to them through us.
"""

from accounts.models import MailKind

TEXTS: dict[str, dict[MailKind, tuple[str, str]]] = {
    "en": {
        MailKind.EMAIL_VERIFICATION: (
            "Confirm your e-mail address",
            """\
Welcome to Malgil. Open this link within three days to confirm that this address is yours:

{link}

If you did not sign up, do not open it: somebody mistyped an address, and nothing more will come.
""",
        ),
        MailKind.ACCOUNT_EXISTS: (
            "You have an account already",
            """\
Somebody, probably you, wanted to use this e-mail address for an account at Malgil. It has one
already, and nothing was changed. You can log in:

{login}

If you do not know the password any more, set a new one:

{forgotten}

If it was not you, there is nothing to do.
""",
        ),
        MailKind.EMAIL_CHANGE: (
            "Confirm your new e-mail address",
            """\
Open this link within three days to use this address for your account at Malgil from now on:

{link}

If you did not ask for that, do not open it: somebody mistyped an address.
""",
        ),
        MailKind.EMAIL_CHANGED: (
            "Your e-mail address was changed",
            """\
Your account at Malgil has another e-mail address from now on; this one does not open it any more.

If it was not you, somebody knows your password. Write to us at once.
""",
        ),
        MailKind.PASSWORD_RESET: (
            "Set a new password",
            """\
Open this link within an hour to set a new password for your account at Malgil. You will be signed
out everywhere.

{link}

If you did not ask for that, there is nothing to do: your password stays as it is.
""",
        ),
        MailKind.PASSWORD_CHANGED: (
            "Your password was changed",
            """\
The password of your account at Malgil was changed, and you were signed out elsewhere.

If it was not you, set a new one at once:

{forgotten}
""",
        ),
    },
    "ko": {
        MailKind.EMAIL_VERIFICATION: (
            "이메일 주소를 확인해 주세요",
            """\
말길에 오신 것을 환영합니다. 사흘 안에 아래 링크를 열어 본인의 주소임을 확인해 주세요.

{link}

가입하신 적이 없다면 링크를 열지 마세요. 누군가 주소를 잘못 입력한 것이며, 메일은 더 가지 않습니다.
""",
        ),
        MailKind.ACCOUNT_EXISTS: (
            "이미 계정이 있습니다",
            """\
누군가(아마 본인이) 이 이메일 주소로 말길 계정을 쓰려고 했습니다. 이미 계정이 있어서 아무것도 바뀌지
않았습니다. 바로 로그인하실 수 있습니다.

{login}

비밀번호가 기억나지 않으면 새로 정하세요.

{forgotten}

본인이 아니라면 하실 일은 없습니다.
""",
        ),
        MailKind.EMAIL_CHANGE: (
            "새 이메일 주소를 확인해 주세요",
            """\
사흘 안에 아래 링크를 열면 말길 계정의 이메일이 이 주소로 바뀝니다.

{link}

요청하신 적이 없다면 링크를 열지 마세요. 누군가 주소를 잘못 입력한 것입니다.
""",
        ),
        MailKind.EMAIL_CHANGED: (
            "이메일 주소가 바뀌었습니다",
            """\
말길 계정의 이메일 주소가 다른 주소로 바뀌었습니다. 이제 이 주소로는 로그인할 수 없습니다.

본인이 아니라면 누군가 비밀번호를 알고 있는 것입니다. 바로 저희에게 알려 주세요.
""",
        ),
        MailKind.PASSWORD_RESET: (
            "새 비밀번호를 정하세요",
            """\
한 시간 안에 아래 링크를 열어 말길 계정의 새 비밀번호를 정하세요. 모든 기기에서 로그아웃됩니다.

{link}

요청하신 적이 없다면 하실 일은 없습니다. 비밀번호는 그대로입니다.
""",
        ),
        MailKind.PASSWORD_CHANGED: (
            "비밀번호가 바뀌었습니다",
            """\
말길 계정의 비밀번호가 바뀌었고, 다른 기기에서는 로그아웃되었습니다.

본인이 아니라면 바로 새 비밀번호를 정하세요.

{forgotten}
""",
        ),
    },
}
