# Python around the tensors: lists, dicts, strings, sorted, zip and the rest
import torch

names = ["w", "b", "c"]
values = torch.tensor([0.5, -1.0, 2.0])
for i, (name, v) in enumerate(zip(names, values), start=1):
    print(i, name, v, v.item())
table = {n: v.item() for n, v in zip(names, values)}
print(table, len(table), table["w"], table.get("z"), table.get("z", 0), "b" in table)
table.update(d=4)
table["e"] = 5
del table["w"]
print(list(table), list(table.values()), list(table.items()), table.pop("b"), table)
print(sorted(names), sorted(values), sorted(values.tolist(), reverse=True))
print(sorted(table.items(), key=lambda kv: -kv[1]), max(table, key=table.get))
print(sum(values), sum([1, 2.5]), min(values), max(3, 7, 5), max(values.tolist()), abs(values[1]), abs(-3))
print(round(2.567, 1), round(2.5), round(-1.5), round(values[0].item(), 3), divmod(7, 3), pow(2, 5))
print(list(range(3)), list(reversed([1, 2, 3])), tuple("abc"), set([1, 2, 2]), dict([("a", 1)]))
print(any(v > 1 for v in values), all(v > -2 for v in values), any([]), all([]))
print(list(map(lambda v: v * 2, [1, 2])), list(filter(lambda v: v > 0, [-1, 0, 1])))
print([x for x in range(10) if x % 2 if x > 3], {x: x**2 for x in range(3)}, {x % 3 for x in range(9)})
print([(i, j) for i in range(2) for j in range(2)], [[0] * 2 for _ in range(2)])
s = "  Hello, World  "
print(s.strip().lower(), s.strip().split(", "), "-".join(["a", "b"]), s.strip().replace("l", "L"))
print("abc".upper(), "abc"[1:], "abc"[::-1], "abc".startswith("a"), "b" in "abc", "abc".find("c"), len("abc"))
print("7".zfill(3), "x".ljust(3) + "|", "x".rjust(3), "x".center(5, "*"), "a,b".split(","), "ab" * 2)
print("title case".title(), "ab12".isdigit(), "12".isdigit(), "abc".count("b"), "abc".endswith("bc"))
l = [3, 1, 2]
l.append(5)
l.extend([7, 8])
l.insert(0, 0)
print(l, l.pop(), l.index(1), l.count(2), l[-2:], l[::2], l + [9])
l.sort(reverse=True)
l.remove(0)
l.reverse()
print(l, len(l), 3 in l, 4 not in l)
a, *b, c = l
print(a, b, c)
(x, y), z = (1, 2), 3
x, y = y, x
print(x, y, z)
print(type(1), type(1.0), type("s"), type([]), type(None), type(True), type((1,)), type({}))
print(isinstance(1, int), isinstance(1.0, (int, float)), isinstance(values, torch.Tensor), torch.is_tensor(1))
print(int("7"), float("2.5"), str(3) + "!", bool(""), int(3.9), float(1), int(-3.9), bool([0]), list("ab"))
print(1 < 2 < 3, 1 == 1.0, not True, True and 0, False or "x", None is None, 5 if False else 6)
print(7 // 2, 7 % 2, 2**10, -7 // 2, 7 / 2, 1e3, 0x10, 1_000, 3 & 1, 3 | 4, 3 ^ 1, ~1, 1 << 4, 16 >> 2)
first, second = values[:2]
print(first, second, list(values), tuple(values)[0])
it = iter([1, 2])
print(next(it), next(it), next(it, "stop"))
