"""What runs in the process of a peer: scripts that define `call`, and calls of it that are timed.

It is given as text to another interpreter, so it imports nothing of ours. An order is a line of
JSON: a script with files for its values and its answer, or how many calls to make.
"""

import gc
import json
import os
import sys
import time

import numpy as np

replies = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what libraries print is no reply
call = None

for line in sys.stdin:
    order = json.loads(line)
    try:
        if "script" in order:
            call = None
            gc.collect()
            scope = {"values": dict(np.load(order["values"]))}
            exec(order["script"], scope)
            call = scope.pop("call")
            del scope
            found = [a.cpu() if hasattr(a, "cpu") else a for a in call()]
            np.savez(order["answer"], *map(np.asarray, found))
            reply = {}
        else:
            start = time.perf_counter()
            for _ in range(order["number"]):
                call()
            reply = {"seconds": (time.perf_counter() - start) / order["number"]}
    except Exception as error:
        reply = {"error": f"{type(error).__name__}: {error}"[:500]}
    replies.write(json.dumps(reply) + "\n")
    replies.flush()
