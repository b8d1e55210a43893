"""LNbits on SQLite with a wallet backend that does nothing; open sign-up with user name and password."""

from bench import install, rows
from bench.app import App
from bench.caller import TWO_AND_ADMIN, Caller, Setup, bearer, password
from bench.place import Launch

SIGN_IN = '''[identities.{name}.login]
operation = "POST /api/v1/auth"
body = { username = "{user}", password = { env = "{env}" } }
token = "/access_token"
content_type = "json"'''


class LnBits(App):
    """Accounts and wallets; everything else hangs on a wallet, whose keys are shown to its owner on purpose."""

    def launch(self, place):
        binaries = install.python(place.cache, "lnbits", place.source / "pins.txt")
        for folder in ("data", "ext"):
            (place.work / folder).mkdir(exist_ok=True)
        admin = place.work / "admin_user"
        env = {
            "LNBITS_DATA_FOLDER": place.work / "data", "LNBITS_BACKEND_WALLET_CLASS": "VoidWallet", "LNBITS_ALLOW_NEW_ACCOUNTS": "true",
            "AUTH_SECRET_KEY": "4f1e2d3c4b5a69788796a5b4c3d2e1f0", "AUTH_ALLOWED_METHODS": "user-id-only, username-password",
            "LNBITS_ADMIN_UI": "false", "LNBITS_EXTENSIONS_PATH": place.work / "ext", "DEBUG": "false", "LNBITS_EXTENSIONS_DEFAULT_INSTALL": "",
            "LNBITS_RATE_LIMIT_NO": "20000", "LNBITS_ADMIN_USERS": admin.read_text() if admin.exists() else "",
        }
        # It reads its templates relative to the folder that it is installed in.
        site = install.must(binaries / "python", "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])").strip()
        return Launch([binaries / "lnbits", "--host", "127.0.0.1", "--port", place.port], "/api/v1/health", env, site)

    def seed(self, place):
        for user in ("alice", "bob", "admin"):
            Caller(place.base).must("POST", "/api/v1/auth/register", {"username": user, "password": password(user), "password_repeat": password(user),
                                                                       "email": f"{user}@example.com"})
            token = Caller(place.base).must("POST", "/api/v1/auth", {"username": user, "password": password(user)})["access_token"]
            caller = Caller(place.base, bearer(token))
            if user == "admin":
                # It is the administrator from the next start on, as its configuration names it.
                (place.work / "admin_user").write_text(caller.must("GET", "/api/v1/auth")["id"])
            else:
                caller.must("POST", "/api/v1/wallet", {"name": f"savings of {user}"})
        setup = Setup(place.base + "/openapi.json", place.base)
        setup.people(TWO_AND_ADMIN, SIGN_IN)
        return setup

    def rows(self, place):
        """A deleted wallet stays as a row; the first wallet of an account is born with it."""
        found = list(rows.sqlite(place.work / "data/database.sqlite3", skip=["audit", "dbversions", "system_settings"], volatile=["accounts.updated_at"]))
        first: dict[str, tuple] = {}
        for table, _, row in found:
            if table == "wallets":
                born = (row["created_at"], row["id"])
                first[row["user"]] = min(born, first.get(row["user"], born))
        for table, key, row in found:
            if table != "wallets":
                yield table, key, row
            elif not row["deleted"]:
                yield ("+wallets" if first[row["user"]][1] == row["id"] else table), key, row


APP = LnBits()
