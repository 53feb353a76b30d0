"""The sample events in an order that has an answer for each, beginning with an empty store."""
import base64
import json
import subprocess

from desk import ROOT

# Function, operation, the status that its sample event gets in this order.
WALK = [
    ("user-registration", "create_user", 200),
    ("user-lookup", "get_user", 200),
    ("user-registration", "find_or_create_user", 200),
    ("user-lookup", "get_latest_user", 404),
    ("user-removal", "delete_user", 204),
    ("user-registration", "link_account", 200),
    ("end-user-authentication", "create_session", 200),
    ("end-user-authentication", "generate_user_auth_key", 200),
    ("end-user-authentication", "authenticate_end_user", 200),
    ("user-removal", "unlink_account", 200),
    ("user-removal", "erase_users_by_phone_number", 200),
    ("direct-line-token", "issue_token", 200),
    ("direct-line-token", "issue_stream_token", 200),
    ("monitoring", "check_health", 200),
    ("monitoring", "ping", 200),
    ("monitoring", "get_config", 200),
    ("monitoring", "get_metrics", 200),
    ("openid", "get_openid_configuration", 200),
    ("openid", "get_jwk_set", 200),
]

# What the gateway adds to a request by itself, or the client.
NOT_SENT = {"host", "content-length", "user-agent", "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"}


def path(function, operation):
    return ROOT / "events" / function / f"{operation}.json"


def logical_id(function):
    return "".join(word.capitalize() for word in function.split("-"))


def left_out():
    """The sample events that the walk does not have: a new one must get its place in it."""
    files = {str(file.relative_to(ROOT / "events")) for file in ROOT.glob("events/*/*.json")}
    return files - {f"{function}/{operation}.json" for function, operation, _ in WALK}


def filled(data, function, operation):
    """The event with keys and states of the dev server in this data folder."""
    command = [str(ROOT / "target/debug/aura-admin"), "--local", str(data), "event", str(path(function, operation))]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=60).stdout


def request(event):
    """The request that makes a gateway send this event: method, target, headers, body."""
    event = json.loads(event)
    query = event.get("rawQueryString")
    headers = {name: value for name, value in event["headers"].items() if name not in NOT_SENT}
    body = event.get("body", "")
    body = base64.b64decode(body) if event["isBase64Encoded"] else body.encode()
    return event["requestContext"]["http"]["method"], event["rawPath"] + (f"?{query}" if query else ""), headers, body
