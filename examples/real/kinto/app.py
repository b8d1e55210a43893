"""Kinto on PostgreSQL with accounts, history and default buckets: anyone may make an account, any signed-in user a bucket."""

from bench import install, rows
from bench.app import App
from bench.caller import TWO_AND_ADMIN, Caller, Setup, basic, password
from bench.place import Launch

SETTINGS = """
[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = {port}
[app:main]
use = egg:kinto
kinto.includes = kinto.plugins.default_bucket kinto.plugins.accounts kinto.plugins.history
kinto.storage_backend = kinto.core.storage.postgresql
kinto.storage_url = {url}
kinto.cache_backend = kinto.core.cache.postgresql
kinto.cache_url = {url}
kinto.permission_backend = kinto.core.permission.postgresql
kinto.permission_url = {url}
kinto.userid_hmac_secret = 5a81cfbb2d352051b8cafa54a68ed88c51d4932c567dd2178a7d3dd50d4d0fac
kinto.default_bucket_hmac_secret = 5c277a9926c0f6bdf100536992f126acbedf7585370c6851ca5121aaa401d8f0
multiauth.policies = account
multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy
kinto.account_create_principals = system.Everyone
kinto.account_write_principals = account:admin
kinto.bucket_create_principals = system.Authenticated
[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = plain
[logger_root]
level = WARNING
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = plain
[formatter_plain]
format = %(message)s
"""


class Kinto(App):
    """Buckets, collections, groups and records, each with an access list of its own."""

    def launch(self, place):
        binaries = install.python(place.cache, "kinto", place.source / "pins.txt")
        url = place.postgres("kinto").url
        ini = place.work / "kinto.ini"
        ini.write_text(SETTINGS.format(port=place.port, url=url))
        install.must(binaries / "kinto", "migrate", "--ini", ini, env=install.plain_env())
        return Launch([binaries / "kinto", "start", "--ini", ini, "--port", place.port], "/v1/")

    def seed(self, place):
        base, secret = place.base + "/v1", 0
        for user in ("alice", "bob", "admin"):
            Caller(base).must("PUT", f"/accounts/{user}", {"data": {"password": password(user)}})
            # A read of the default bucket makes it, so that it is there before the scan.
            Caller(base, basic(user)).must("POST", "/buckets/default/collections/tasks/records", {"data": {"text": f"task of {user}"}})
        for user in ("alice", "bob"):
            caller, bucket = Caller(base, basic(user)), f"/buckets/{user}bucket"
            caller.must("PUT", bucket, {"data": {"label": "mine"}})
            caller.must("PUT", f"{bucket}/collections/notes", {"data": {"title": "n"}})
            caller.must("PUT", f"{bucket}/groups/friends", {"data": {"members": [f"account:{user}"]}})
            for _ in range(3):
                secret += 7919
                caller.must("POST", f"{bucket}/collections/notes/records", {"data": {"text": f"secret {secret} of {user}"}})
        setup = Setup(base + "/__api__")
        setup.people(TWO_AND_ADMIN, 'basic = { user = "{user}", password = { env = "{env}" } }')
        return setup

    def rows(self, place):
        """Objects with their access list in the row, without tombstones and the history that goes with every object."""
        found = list(rows.postgres(place.database, skip=["cache", "timestamps", "metadata", "alembic_version"]))
        access: dict[str, list] = {}
        for table, _, row in found:
            if table == "access_control_entries":
                access.setdefault(row["object_id"], []).append([row["permission"], row["principal"]])
        for table, key, row in found:
            if table == "objects" and not row["deleted"] and row["resource_name"] != "history":
                whole = self.address(row) + row["id"]
                yield table, key, {**row, "access": sorted(access.get(whole, []))}
            elif table not in ("objects", "access_control_entries"):
                yield table, key, row

    @staticmethod
    def address(row) -> str:
        """The path under which an object's access list is kept."""
        roots = {"account": "/accounts/", "bucket": "/buckets/"}
        return roots.get(row["resource_name"]) or f"{row['parent_id']}/{row['resource_name']}s/"


APP = Kinto()
