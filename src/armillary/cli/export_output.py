"""What ``armillary export`` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from armillary.export import Export


def export_text(export: Export) -> str:
    """Return the folder, and in how far it answers as its run does."""
    c = export.parity
    lines = [
        str(export.path),
        f"compared on {c.n_texts} texts ({c.examples}), {c.n_tokens} tokens:",
        f"  ln p of a token differs by {c.largest_difference:.2g} at most; "
        f"loss {c.loss:.4f}, exported {c.exported_loss:.4f}",
        f"  equal texts: greedy {c.equal_greedy:.1%}, n_beams={c.n_beams} {c.equal_beams:.1%}",
    ]
    if c.metric is not None:
        lines.append(f"  {c.metric} {c.score:.2f}, exported {c.exported_score:.2f}")
    if export.dequantized is not None:
        lines.append(
            f"  the codes of {export.dequantized} were multiplied out: the folder has no packed weights"
        )
    return "\n".join(lines)
