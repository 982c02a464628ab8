import torch
from torch import nn, optim
from torch.autograd import Function, forward_ad
from torch.optim import lr_scheduler
from torch.utils import data

x = torch.ones(2, requires_grad=True)
y = x * 2
print(type(x), type(nn.Parameter(x)), type(x.shape), type(x.dtype), type(x.device))
print(type(y.grad_fn), type(x.register_hook(print)), type(torch.max(x, 0)), type(torch.Generator()))
for name in """
    Linear Bilinear Identity Conv1d ConvTranspose2d BatchNorm2d InstanceNorm1d LayerNorm GroupNorm RMSNorm
    ReLU GELU Softmax PReLU MultiheadAttention Dropout AlphaDropout MaxPool2d AdaptiveAvgPool1d ZeroPad2d
    RNN LSTM GRUCell Embedding EmbeddingBag Transformer TransformerEncoderLayer Flatten Unfold Upsample
    PixelShuffle ChannelShuffle CosineSimilarity MSELoss CrossEntropyLoss TripletMarginLoss Module
    Sequential ModuleList ModuleDict ParameterList Parameter
""".split():
    print(getattr(nn, name))
for name in "SGD Adam AdamW RMSprop Adagrad Adadelta Adamax NAdam RAdam ASGD Rprop LBFGS Optimizer".split():
    print(getattr(optim, name))
for name in "LRScheduler StepLR OneCycleLR CosineAnnealingLR ReduceLROnPlateau ChainedScheduler".split():
    print(getattr(lr_scheduler, name))
for name in "Dataset TensorDataset Subset ConcatDataset DataLoader Sampler BatchSampler RandomSampler".split():
    print(getattr(data, name))
print(torch.no_grad, torch.enable_grad, torch.set_grad_enabled, torch.inference_mode, Function, torch.Size)
print(type(torch.no_grad()), torch.autograd.graph.Node, torch.autograd.graph.saved_tensors_hooks)
print(torch.autograd.detect_anomaly, forward_ad.dual_level, torch.autograd.graph.GradientEdge, torch.dtype, torch.device)
print(type(nn.Linear(1, 1).load_state_dict(nn.Linear(1, 1).state_dict())))
