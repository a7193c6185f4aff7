"""The card of one network, straight from its checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from core.checkpoint import Checkpoint, Interval, TrainingFacts
from core.errors import DataError
from core.lungs import probe
from core.lungs.probe import Probed
from core.robustness import damage_record
from core.robustness.damage_record import Damage
from core.training.baselines import BASELINES
from core.ui import cells, measured, plot, tested, widgets
from core.ui.models import groups, judged, sketch
from core.words import table


def show(checkpoint: Checkpoint) -> None:
    """Everything known of one network."""
    facts = checkpoint.card
    st.subheader(checkpoint.title, anchor=facts.name)
    st.caption(f"{facts.name} · {checkpoint.architecture.family} · {checkpoint.architecture.paper}")
    for warning in facts.warnings:
        st.warning(f"**Training data.** {warning}", icon=":material/warning:")
    sketch.show(checkpoint)
    left, right = st.columns([6, 5], gap="large")
    with left:
        st.markdown(
            f"**Question.** {checkpoint.task.question}\n\n"
            "**Intended use.** Research and teaching: to see what such a network reads, and where. "
            "Not a medical device.\n\n"
            f"**Trained on.** {facts.training.data}. {checkpoint.task.population}"
        )
        metrics(checkpoint)
        under_strain(checkpoint)
        without_network(checkpoint)
        st.markdown("**Limits**\n\n" + "\n".join(f"- {limit}" for limit in facts.limits))
    with right:
        st.markdown("**Confusion matrix, test films**")
        matrix(checkpoint)
    groups.show(checkpoint)
    with st.expander("How it was made", icon=":material/construction:", expanded=True):
        provenance(checkpoint)


def metrics(checkpoint: Checkpoint) -> None:
    """Its figures on the test split, with intervals."""
    facts = checkpoint.card
    words = {name: widgets.verbatim(word) for name, word in checkpoint.task.words.items()}
    merged = {
        f"Accuracy, {_positive(checkpoint)} or not": "merged_accuracy",
        "Sensitivity, merged": "merged_sensitivity",
        "Specificity, merged": "merged_specificity",
    }
    named = {
        "Accuracy, all classes": "accuracy",
        **(merged if checkpoint.task.coarser else {}),
        **{f"Recall, {words[name]}": f"recall.{name}" for name in facts.classes},
        **{f"Precision, {words[name]}": f"precision.{name}" for name in facts.classes},
    }
    error = judged.calibration_error(checkpoint)
    rows = [(label, widgets.figure(checkpoint, key)) for label, key in named.items() if key in facts.metrics]
    if not rows:
        st.markdown("**How well it does** was not measured here.")
        return
    if error is not None:
        rows.append(("Calibration error (ECE, ten bins)", f"{error:.3f}"))
    st.markdown(f"**On {facts.test_films:,} test films** ({facts.view})")
    st.markdown(table(("Figure", "Value"), rows))


def under_strain(checkpoint: Checkpoint) -> None:
    """What it reads of films whose lungs are hidden, and of films made worse; nothing where that was not measured."""
    digest = checkpoint.card.weights_sha256
    try:
        if probed := measured.of(Probed, probe.SHIPPED, digest):
            st.markdown(f"**Without the lungs.** {probe.in_words(probed)}")
        if damaged := measured.of(Damage, damage_record.SHIPPED, digest):
            st.markdown(f"**On worse films.** {damage_record.in_words(damaged)}")
    except DataError as error:
        widgets.say(error, "A table of what was measured cannot be used.")


def without_network(checkpoint: Checkpoint) -> None:
    """What its test films give away to classifiers that see no lungs; nothing where that was not measured."""
    seen = {BASELINES[name].sees: found for name, found in checkpoint.card.baselines.items() if name in BASELINES}
    if not seen:
        return
    seen["the whole film, by this network"] = checkpoint.card.metrics
    columns = 3 if checkpoint.task.coarser else 2
    head, rows = ("Seen", "Accuracy", f"AUROC, {_positive(checkpoint)} or not"), []
    for what, found in seen.items():
        area = _told(found, "merged_auroc", lambda area: f"{area.value:.3f}")
        rows.append((what.capitalize(), _told(found, "accuracy", widgets.percent), area))
    st.markdown(
        "**Without any network.** A logistic regression of these alone, fitted to the training films, tells this much "
        "of the test films' classes. What a network can have learnt from them need not be disease.\n\n"
        + table(head[:columns], [row[:columns] for row in rows])
    )


def _told(found: Mapping[str, Interval], name: str, words: Callable[[Interval], str]) -> str:
    """A figure in words; older cards and networks from elsewhere may lack it."""
    return words(found[name]) if name in found else "not measured"


def _positive(checkpoint: Checkpoint) -> str:
    """The coarser class that means something was found, as it stands in a sentence."""
    name = checkpoint.task.positive
    return name.lower() if name.isalpha() else name


def matrix(checkpoint: Checkpoint) -> None:
    """Its confusion matrix, from the test predictions beside the weights."""
    from core.evaluate import confusion_matrix

    path = checkpoint.predictions
    try:
        found = tested.predictions(checkpoint)
    except DataError as error:
        widgets.say(error, "There are no test predictions.")
        return
    if found is None:
        st.markdown(
            f"There are no test predictions beside its weights ({path.name}). They are made from labelled films by "
            f"`python -m core evaluate --model {checkpoint.name} --data DIR --predictions {path.name}`."
        )
        return
    words = [checkpoint.task.words.get(name, name) for name in found.classes]
    counts = confusion_matrix(found)
    figure = cells.confusion(counts, words, widgets.palette())
    right = int(counts.trace())
    plot.show(
        figure,
        key="matrix",
        alt=f"Confusion matrix of {checkpoint.name}: {right} of {len(found)} test films read right",
    )
    st.caption("Films, and their share of the row. Shading follows the share.")


def provenance(checkpoint: Checkpoint) -> None:
    """Command, data and digests: enough to make it again, and to know it when seen."""
    facts, training = checkpoint.card, checkpoint.card.training
    head, rows = ("Split", "Patients", *map(widgets.verbatim, facts.classes)), []
    for split, films in training.films.items():
        counts = (f"{films.get(name, 0):,}" for name in facts.classes)
        rows.append((split, f"{training.patients.get(split, 0):,}", *counts))
    if training.films:
        st.markdown(table(head, rows))
    st.code(training.command, language="bash", wrap_lines=True)
    pre = ", ".join(f"{key} {value}" for key, value in facts.preprocessing.items())
    taught = f"- Taught by: {', '.join(training.teachers)}\n" if training.teachers else ""
    st.markdown(
        f"- Start: {training.init}\n{taught}"
        f"- {length(training)}\n"
        f"- Parameters: {facts.parameters:,}; weights {facts.weights_bytes / 1e6:.1f} MB\n"
        f"- Preprocessing: {pre}\n"
        f"- sha256 of the weights: `{facts.weights_sha256}`\n"
        f"- Fingerprint of the data: {f'`{training.fingerprint}`' if training.fingerprint else 'unknown'}\n"
        f"- Licence: {facts.licence}\n"
        f"- Cite: {facts.citation}"
    )


def length(training: TrainingFacts) -> str:
    """How long training took; of an imported network nobody here knows."""
    if not training.epochs:
        return "Trained elsewhere: how long is not known"
    return f"{training.epochs} epochs in {training.seconds / 60:,.0f} minutes on {training.hardware}"
