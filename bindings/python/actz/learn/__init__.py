"""Training of split points for rate and task loss together, after de Andrade, Harell and Bajić, "Rate-Distortion
Optimization for Transformer Inference" (arXiv 2601.22002). See docs/learning.md. Needs PyTorch."""
from .bottleneck import Bottleneck, SplitNetwork
from .entropy_models import ENTROPY_MODELS, make_entropy_model
from .rate_distortion_loss import next_token_loss, rate_distortion_loss
from .training import TrainingConfig, train

__all__ = [
    "Bottleneck",
    "ENTROPY_MODELS",
    "SplitNetwork",
    "TrainingConfig",
    "make_entropy_model",
    "next_token_loss",
    "rate_distortion_loss",
    "train",
]
