# item() of several elements, inside functions
import torch


def report(loss):
    print(f"loss is {loss.item():.2f}")


report(torch.tensor([1.5]))
report(torch.tensor([1.5, 2.5]))
