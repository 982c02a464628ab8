# Reparametrised samples with given noise: the evidence lower bound of a Gaussian
import torch
import math

noise = torch.tensor([0.3, -1.2, 0.7, 1.5, -0.4])
mu = torch.tensor(0.5, requires_grad=True)
log_sigma = torch.tensor(-0.2, requires_grad=True)


def log_normal(x, mean, sigma):
    return -0.5 * ((x - mean) / sigma) ** 2 - torch.log(sigma) - 0.5 * math.log(2 * math.pi)


for step in range(5):
    sigma = log_sigma.exp()
    z = mu + sigma * noise
    elbo = (log_normal(z, torch.tensor(2.0), torch.tensor(0.5)) - log_normal(z, mu, sigma)).mean()
    (-elbo).backward()
    print(f"{step} elbo {elbo.item():.4f} d_mu {mu.grad.item():+.4f} d_log_sigma {log_sigma.grad.item():+.4f}")
    with torch.no_grad():
        for p in (mu, log_sigma):
            p -= 0.05 * p.grad
            p.grad.zero_()
print(mu, log_sigma)
