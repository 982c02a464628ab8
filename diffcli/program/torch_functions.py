"""The functions that are in each of PyTorch's modules, of those that there are here."""

from __future__ import annotations

FUNCTIONS = {
    "torch": frozenset(
        """
abs absolute acos acosh adaptive_avg_pool1d adaptive_max_pool1d add addbmm addcdiv addcmul addmm
addmv addr all allclose alpha_dropout amax amin aminmax angle any arange arccos arccosh arcsin
arcsinh arctan arctan2 arctanh argmax argmin argsort argwhere as_strided as_tensor asarray asin
asinh atan atan2 atanh atleast_1d atleast_2d atleast_3d avg_pool1d baddbmm bartlett_window
batch_norm bernoulli bilinear binary_cross_entropy_with_logits bincount bitwise_and
bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor blackman_window
block_diag bmm broadcast_shapes broadcast_tensors broadcast_to bucketize can_cast cartesian_prod
cat cdist ceil celu chain_matmul channel_shuffle cholesky cholesky_inverse cholesky_solve chunk
clamp clamp_max clamp_min clip clone column_stack combinations complex concat concatenate cond
conj conj_physical constant_pad_nd conv1d conv2d conv3d conv_transpose1d conv_transpose2d
conv_transpose3d copysign corrcoef cos cosh cosine_embedding_loss cosine_similarity
count_nonzero cov cross ctc_loss cummax cummin cumprod cumsum cumulative_trapezoid deg2rad det
detach diag diag_embed diagflat diagonal diagonal_scatter diff digamma dist div divide dot
dropout dsplit dstack eig einsum embedding embedding_bag empty empty_like empty_strided eq equal
erf erfc erfinv exp exp2 expm1 eye feature_alpha_dropout fix flatten flip fliplr flipud
float_power floor floor_divide fmax fmin fmod frac frexp from_numpy full full_like gather gcd ge
ger gradient greater greater_equal group_norm gt hamming_window hann_window hardshrink heaviside
hinge_embedding_loss histc histogram hsplit hstack hypot i0 igamma igammac imag index_add
index_copy index_fill index_put index_select inner instance_norm inverse is_complex
is_floating_point is_inference is_nonzero isclose isfinite isin isinf isnan isneginf isposinf
isreal kl_div kron kthvalue layer_norm lcm ldexp le lerp less less_equal lgamma linspace log
log10 log1p log2 log_softmax logaddexp logaddexp2 logcumsumexp logdet logical_and logical_not
logical_or logical_xor logit logspace logsumexp lstsq lt lu margin_ranking_loss masked_fill
masked_scatter masked_select matmul matrix_exp matrix_power matrix_rank max max_pool1d
max_pool2d max_pool3d maximum mean median meshgrid min minimum mm mode moveaxis movedim msort
mul multinomial multiply mv mvlgamma nan_to_num nanmean nanmedian nanquantile nansum narrow ne
neg negative nextafter nonzero norm normal not_equal numel ones ones_like outer
pairwise_distance pdist permute pinverse pixel_shuffle pixel_unshuffle poisson_nll_loss polar
polygamma positive pow prelu prod put qr quantile rad2deg rand rand_like randint randn
randn_like randperm ravel real reciprocal relu remainder renorm repeat_interleave reshape
resolve_conj resolve_neg rms_norm roll rot90 round row_stack rrelu rsqrt rsub scalar_tensor
scatter scatter_add scatter_reduce searchsorted select select_scatter selu sgn sigmoid sign
signbit sin sinc sinh slice_scatter slogdet softmax solve sort split sqrt square squeeze stack
std std_mean sub subtract sum svd swapaxes swapdims t take take_along_dim tan tanh tensor
tensor_split tensordot threshold tile topk trace transpose trapezoid trapz tril tril_indices
triplet_margin_loss triu triu_indices true_divide trunc unbind unflatten unique
unique_consecutive unsafe_chunk unsqueeze vander var var_mean vdot view_as_complex view_as_real
vsplit vstack where xlogy zeros zeros_like
""".split()
    ),
    "torch.linalg": frozenset(
        """
cholesky cond cross det diagonal eig eigh eigvals eigvalsh inv lstsq lu matmul matrix_exp
matrix_norm matrix_power matrix_rank multi_dot norm pinv qr slogdet solve solve_triangular svd
svdvals tensorinv tensorsolve vander vecdot vector_norm
""".split()
    ),
    "torch.special": frozenset(
        """
airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 digamma entr erf erfc erfcx erfinv exp2 expit
expm1 gammainc gammaincc gammaln i0 i0e i1 i1e legendre_polynomial_p log1p log_ndtr log_softmax
logit logsumexp modified_bessel_k0 modified_bessel_k1 multigammaln ndtr ndtri polygamma psi
round scaled_modified_bessel_k0 scaled_modified_bessel_k1 sinc softmax xlog1py xlogy zeta
""".split()
    ),
    "torch.fft": frozenset(
        """
fft fft2 fftfreq fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft
rfft2 rfftfreq rfftn
""".split()
    ),
    "torch.nn.functional": frozenset(
        """
adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d
adaptive_max_pool2d adaptive_max_pool3d affine_grid alpha_dropout avg_pool1d avg_pool2d
avg_pool3d batch_norm bilinear binary_cross_entropy binary_cross_entropy_with_logits celu celu_
channel_shuffle conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d
cosine_embedding_loss cosine_similarity cross_entropy ctc_loss dropout dropout1d dropout2d
dropout3d elu elu_ embedding embedding_bag feature_alpha_dropout fold gaussian_nll_loss gelu glu
grid_sample group_norm gumbel_softmax hardshrink hardsigmoid hardswish hardtanh hardtanh_
hinge_embedding_loss huber_loss instance_norm interpolate kl_div l1_loss layer_norm leaky_relu
leaky_relu_ linear local_response_norm log_softmax logsigmoid lp_pool1d lp_pool2d lp_pool3d
margin_ranking_loss max_pool1d max_pool2d max_pool3d max_unpool1d max_unpool2d max_unpool3d mish
mse_loss multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss nll_loss normalize
one_hot pad pairwise_distance pdist pixel_shuffle pixel_unshuffle poisson_nll_loss prelu relu
relu6 relu_ rms_norm rrelu scaled_dot_product_attention selu selu_ sigmoid silu smooth_l1_loss
soft_margin_loss softmax softmin softplus softshrink softsign tanh tanhshrink threshold
threshold_ triplet_margin_loss triplet_margin_with_distance_loss unfold
""".split()
    ),
}
"""Modules -> names. A name that is in no module is none there, whatever formulas may mean by it."""
