"""What every Python script of cases/ uses: the hub it is tried against, checks that say what they saw, hubs of its own."""

import atexit
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

#: A demonstration of two editions: most of 600 invented enterprises are in both, some verdicts differ.
HUB = os.environ["HUB"]
#: The earlier edition, as `asOf` takes it.
EARLIER = "edition:1"
_faults = 0


def check(claim, ok, seen=""):
    """Says what was seen; a false `ok` fails the script, which goes on."""
    global _faults
    _faults += not ok
    print(f"{'ok   ' if ok else 'WRONG'} {claim}" + (f": {str(seen)[:1000]}" if seen != "" else ""), flush=True)


def same(claim, seen, expected):
    check(claim, seen == expected, seen if seen == expected else f"{seen!r} instead of {expected!r}")


def end():
    sys.exit(1 if _faults else 0)


def ask(query, variables=None, at=HUB):
    body = json.dumps({"query": query, "variables": variables or {}}).encode()
    request = urllib.request.Request(at + "/graphql", body, {"content-type": "application/json", "accept-language": "en"})
    answer = json.load(urllib.request.urlopen(request))
    if "errors" in answer:
        raise ValueError(answer["errors"])
    return answer["data"]


def get(path, at=HUB, **headers):
    """Status, headers and bytes of an address, also of a refusal."""
    try:
        answer = urllib.request.urlopen(urllib.request.Request(at + path, headers={k.replace("_", "-"): v for k, v in headers.items()}))
    except urllib.error.HTTPError as refused:
        answer = refused
    return answer.status, answer.headers, answer.read()


def folder():
    """A folder that goes when the script ends."""
    made = tempfile.mkdtemp(prefix="huitu-client-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def huitu(*args):
    return subprocess.run([os.environ["HUITU_BIN"], *args], capture_output=True, text=True, env={**os.environ, "HUITU_LANG": "en"})


def copied():
    """The city's data, to be changed."""
    data = os.path.join(folder(), "data")
    shutil.copytree(os.path.join(os.environ["CITY"], "data"), data)
    return data


def started(data, *args):
    """A hub on a folder of data; ends with the script."""
    command = [os.environ["HUITU_BIN"], "serve", "--no-schedule", "--lang", "en", "--data", data, "--listen", "127.0.0.1:0", *args]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    atexit.register(child.kill)
    log = ""
    for line in child.stdout:
        log += line
        if found := re.search(r"(http://127\.0\.0\.1:\d+)/graphql", line):
            return found.group(1)
    raise RuntimeError(log)


def token(data, *args):
    """The secret of a new token."""
    return json.loads(huitu("token", "create", "--data", data, "--json", *args).stdout)["secret"]


def publish(data, day=40):
    """Publishes one more edition into a data folder: the city as it is some days later."""
    later = folder()
    huitu("simulate", "--enterprises", "600", "--seed", "7", "--format", "csv", "--day", str(day), "--out", later)
    names = ["commerce", "tax", "statistics", "unions", "payments", "social_insurance"]
    done = huitu("sync", "--data", data, *[word for name in names for word in ("--source", f"{name}={later}/{name}.csv")])
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
