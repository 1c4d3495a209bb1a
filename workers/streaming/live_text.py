"""The text so far of one attempt: all of it, and what Redis and the sockets do not have yet."""

from chat.events import snapshot_format
from chat.events.event import Event
from chat.events.publisher import Deltas
from chat.models import Reply

from .live_batch import LiveBatch


class LiveText:
    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.attempt = reply.attempt
        self.seq = 0
        self._deltas = Deltas(reply, reply.attempt)
        choices = reply.config.n or 1
        self._parts: list[list[str]] = [[] for _ in range(choices)]
        self._pending: dict[int, list[str]] = {}
        self._unwritten: list[list[str]] = [[] for _ in range(choices)]
        # In bytes of UTF-8, as Redis counts.
        self._lengths = [0] * choices
        self._rewrite = False

    def add(self, index: int, text: str) -> None:
        while index >= len(self._parts):  # a server may send more choices than it was asked for
            self._parts.append([])
            self._unwritten.append([])
            self._lengths.append(0)
        self._parts[index].append(text)
        self._pending.setdefault(index, []).append(text)

    def texts(self) -> dict[int, str]:
        """By choice, without those that have none."""
        return {index: "".join(parts) for index, parts in enumerate(self._parts) if parts}

    def number(self) -> list[Event]:
        """Gives what is pending its place in the order: one delta a choice that has news."""
        pending, self._pending = self._pending, {}
        numbered = []
        for index, parts in pending.items():
            text = "".join(parts)
            self.seq += 1
            self._unwritten[index].append(text)
            numbered.append(self._deltas.delta(seq=self.seq, choice=index, text=text))
        return numbered

    def write_to(self, batch: LiveBatch) -> list[int]:
        """Adds what was numbered to the snapshot in Redis; the places of its appends."""
        if self._rewrite:
            self._write_whole(batch)
            return []
        places = []
        for index, parts in enumerate(self._unwritten):
            if not parts:
                continue
            encoded = "".join(parts).encode()
            parts.clear()
            self._lengths[index] += len(encoded)
            key = snapshot_format.text_key(self.reply.id, self.attempt, index)
            places.append(batch.append(key, encoded, length=self._lengths[index]))
        self._mark(batch)
        return places

    def mark_for_rewrite(self) -> None:
        """Redis may not hold what it should; the next write writes everything again."""
        self._rewrite = True

    def clear_from(self, batch: LiveBatch) -> None:
        """Removes the snapshot; the stored choices say everything now."""
        batch.delete(*snapshot_format.keys(self.reply.id, self.attempt, len(self._parts)))

    def _write_whole(self, batch: LiveBatch) -> None:
        for index, parts in enumerate(self._parts):
            pending = "".join(self._pending.get(index, ()))
            encoded = "".join(parts).encode()
            # What has no number yet must not be in a snapshot that claims the last number.
            encoded = encoded[: len(encoded) - len(pending.encode())]
            self._unwritten[index].clear()
            self._lengths[index] = len(encoded)
            key = snapshot_format.text_key(self.reply.id, self.attempt, index)
            batch.set(key, encoded)
        self._mark(batch)
        self._rewrite = False

    def _mark(self, batch: LiveBatch) -> None:
        key = snapshot_format.mark_key(self.reply.id, self.attempt)
        batch.set(key, snapshot_format.mark(self.seq, self._lengths))
