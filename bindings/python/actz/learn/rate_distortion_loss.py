"""What training minimises."""
from torch.nn import functional


def rate_distortion_loss(task_loss, bits, trade_off):
    """task loss + λ · bits per token. task_loss: scalar, nats per token; bits: of each row; trade_off: λ, nats per
    bit."""
    return task_loss + trade_off * bits.mean()


def next_token_loss(logits, targets, teacher_log_probabilities=None, distillation=0.5):
    """Nats per token: the mean of −log p(target) and, with the predictions of the original network, of the divergence
    from them, weighted 1 − distillation and distillation. logits: [sequences, rows, words]; targets: [sequences, rows];
    teacher: as logits, normalised."""
    log_probabilities = functional.log_softmax(logits.flatten(0, -2), -1)
    likelihood = functional.nll_loss(log_probabilities, targets.flatten())
    if teacher_log_probabilities is None or distillation == 0:
        return likelihood
    divergence = functional.kl_div(
        log_probabilities, teacher_log_probabilities.flatten(0, -2), log_target=True, reduction="batchmean"
    )
    return (1 - distillation) * likelihood + distillation * divergence
