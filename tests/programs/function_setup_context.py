# setup_context, jvp and vmap of functions of one's own
import torch
import torch.autograd.forward_ad as fwAD


class Square(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x, scale):
        return scale * x * x

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, scale = inputs
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)
        ctx.scale = scale

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return grad_output * 2 * ctx.scale * x, None

    @staticmethod
    def jvp(ctx, x_t, scale_t):
        (x,) = ctx.saved_tensors
        return 2 * ctx.scale * x * x_t


x = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
y = Square.apply(x, 0.5)
print(y)
y.sum().backward()
print(x.grad)
print(torch.func.grad(lambda t: Square.apply(t, 2.0).sum())(x.detach()))
with fwAD.dual_level():
    dual = fwAD.make_dual(x.detach(), torch.ones(3))
    out = Square.apply(dual, 0.5)
    primal, tangent = fwAD.unpack_dual(out)
    print(primal, tangent)
print(torch.func.vmap(torch.func.grad(lambda t: Square.apply(t, 1.0)))(x.detach()))
