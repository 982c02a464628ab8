# f-strings, str.format and % of tensors and numbers
import torch

loss = torch.tensor(0.123456)
n = torch.tensor(42)
v = torch.tensor([1.0, 2.0])
print(f"{loss} {n} {v}")
print(f"{loss:.3f} {loss:8.2f}| {loss:e} {loss:>10.4f} {loss:<10.1f}|")
print(f"{n:5d} {n:05} {n:x} {loss.item():.2%}")
print(f"{loss!r} {v!s} {loss=} {n=:d}")
print(f"{loss.item()} {v.sum().item():g} {v.tolist()}")
print("loss: {:.4f}, n: {}".format(loss.item(), n))
print("{0} {1} {0} {name:.1f}".format(1, 2, name=3.14159))
print("loss: %.4f n: %d %s %5.1f%%" % (loss, n, v, 12.5))
for w in (6, 10):
    print(f"[{'x':>{w}}] [{loss.item():{w}.{3}f}] [{'mid':^{w}}] [{'left':-<{w}}]")
print(f"{1234567:,} {1234567.891:,.2f} {255:#x} {5:b} {-3:+d} {3:+.1f} {1e-10:.2e} {0.1:.20f}")
print(f"{True} {None} {'a' 'b'} {[1, 'two', 3.0]} {(1,)} {dict(a=1)} {{literal}}")
print(f"{3.0} {1e16} {1e15} {1e-5} {0.1 + 0.2} {1/3} {2**0.5} {-0.0} {float('inf')} {float('nan')}")
print(f"{10 ** 20} {7 // 2} {-7 // 2} {-7 % 3} {7.5 // 2} {2 ** -1} {1 + 2j} {complex(0, 1)}")
try:
    print(f"{v:.2f}")
except TypeError as e:
    print(e)
epoch, total = 3, 10
print(f"Epoch [{epoch + 1}/{total}], Loss: {loss.item():.4f}, {'even' if epoch % 2 == 0 else 'odd'}")
print(f"{'name':<8}|{'value':>8}")
print("-" * 17)
for name, value in {"w": 1.5, "b": -0.25}.items():
    print(f"{name:<8}|{value:>8.3f}")
print("\t".join(str(round(t, 2)) for t in [1.005, 2.5, 3.14159]), "\\n", 'it''s', "it's", 'say "hi"')
print(repr("it's"), repr('a\nb'), ["it's", 'q"'], str(1.0), repr(0.1))
