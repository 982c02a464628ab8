# detect_anomaly and set_detect_anomaly
import torch

x = torch.tensor([1.0, 4.0], requires_grad=True)
with torch.autograd.detect_anomaly():
    y = torch.sqrt(x).sum()
    y.backward()
print(x.grad)
print(torch.is_anomaly_enabled())
z = torch.tensor([0.0], requires_grad=True)
try:
    with torch.autograd.detect_anomaly():
        print(torch.is_anomaly_enabled())
        out = (torch.sqrt(z) * 0).sum()
        out.backward()
except RuntimeError as e:
    print(e)
out = (torch.sqrt(z) * 0).sum()
out.backward()
print(z.grad)
torch.autograd.set_detect_anomaly(True)
print(torch.is_anomaly_enabled())
torch.autograd.set_detect_anomaly(False)
with torch.autograd.set_detect_anomaly(True, check_nan=False):
    print(torch.is_anomaly_check_nan_enabled())
