"""How pressing: rules that can be read out to a customer first, the classifier second."""

from __future__ import annotations

from collections.abc import Sequence

from services.ai.desk import DEFAULT_PRIORITIES, Desk
from services.ai.engines.base import PriorityChoice
from services.ai.engines.local.classifier import Sample, SoftmaxClassifier, train
from services.ai.engines.local.embedder import Embedder, Vectors
from services.ai.engines.local.rules import matching_rules
from services.ai.engines.local.seeds import seeds
from services.ai.engines.local.themes import PRESSURE, themes_of
from services.ai.engines.local.urgency import Judged, Urgency
from services.ai.engines.local.vectors import Remembering

RULE_CONFIDENCE, SIGN_CONFIDENCE = 0.97, 0.85
_GUESS_CEILING = 0.9
"""The classifier alone never reaches the confidence from which a priority is applied by itself."""


class Prioritiser:
    """Rules, then a classifier trained on our seed sentences. Immutable."""

    def __init__(self, classifier: SoftmaxClassifier | None, urgency: Urgency | None = None) -> None:
        self._classifier, self._urgency = classifier, urgency

    @classmethod
    def trained(cls, embedder: Embedder | None, desk: Desk | None = None, judged: Sequence[Judged] = ()) -> Prioritiser:
        """`judged`: tickets of this desk with the priorities agents gave them; with enough of them they outweigh our own rules."""
        samples = [Sample(s.text, s.priority) for s in seeds()]
        teacher = Remembering.around(embedder) if embedder is not None else None
        vectors = teacher.embed([s.text for s in samples]) if teacher is not None else None
        fitted = train(samples, vectors, themes_of(teacher, PRESSURE) if teacher is not None else None)
        return cls(fitted[0] if fitted else None, Urgency.learned(desk, judged, teacher) if desk is not None else None)

    def judge(self, text: str, vector: Vectors | None, desk: Desk, *, language_known: bool = True) -> PriorityChoice | None:
        """The desk's own priority with its reasons; None on a desk without priorities."""
        fired = matching_rules(text)
        if self._urgency is not None and language_known:
            return self._learned(text, vector, self._urgency)
        if fired:
            level = min((r.level for r, _ in fired), key=DEFAULT_PRIORITIES.index)
            reasons = tuple(f"priority {level}: {r.what} (\u201c{found}\u201d)" for r, found in fired if r.level == level)
            plain = any(r.acts for r, _ in fired if r.level == level)
            return _choice(desk, level, RULE_CONFIDENCE if plain else SIGN_CONFIDENCE, reasons)
        if self._classifier is None or not language_known:
            return _choice(desk, "medium", 0.0, ("priority medium: nothing speaks for another",))
        p = self._classifier.probabilities(text, vector)
        best = int(p.argmax())
        level, sure = self._classifier.labels[best], min(_GUESS_CEILING, round(float(p[best]), 4))
        if level == "critical":
            level = "high"  # a guess alone must not wake anybody up
        return _choice(desk, level, sure, (f"priority {level}: no rule matched, similar messages were {level} ({sure:.0%})",))

    def _learned(self, text: str, vector: Vectors | None, urgency: Urgency) -> PriorityChoice:
        key, sure = urgency.judge(text, vector)
        said = [f"{rule.what} (\u201c{found}\u201d)" for rule, found in matching_rules(text)]
        signs = f"; signs: {', '.join(said)}" if said else ""
        return PriorityChoice(key, sure, (f"priority {key}: as agents gave to similar tickets of this desk ({sure:.0%}){signs}",))


def _choice(desk: Desk, level: str, confidence: float, reasons: Sequence[str]) -> PriorityChoice | None:
    key = desk.priority_key(level)
    return PriorityChoice(key, confidence, tuple(reasons)) if key is not None else None
