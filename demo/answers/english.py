"""English phrases."""

from demo.answers.showcase import Phrases, Theme

_NOTHING = {"no", "none", "nothing", "nope", "n/a", "no other requirements", "nothing else"}


def _intake(state: str | None, goal: str | None, misc: str | None) -> str:
    told = []
    if state:
        told.append(f"You are at **{state}**" + ("" if goal else "."))
    if goal:
        told.append(f"{', and want' if state else 'You want'} **{goal}**.")
    if misc and misc.lower() not in _NOTHING:
        told.append(f" I also keep in mind: **{misc}**.")
    return "".join(told).strip()


_PLAN = Theme(
    heading="A plan you can start today",
    body=r"""
A goal becomes easier once it is **small enough to begin**. Three steps will do:

1. **Write it down** in one sentence that tells you when you are done.
2. **Find a first step** that fits into half an hour, and take it today.
3. **Look back every week**: keep the goal, change the plan.

In code, a plan is little more than a list:

```python
from dataclasses import dataclass


@dataclass
class Step:
    name: str
    hours: float


plan = [Step("sketch", 2), Step("first version", 6), Step("polish", 3)]
print(f"{sum(step.hours for step in plan):.0f} hours in all")
```

| Step | What you have afterwards | Hours |
|---|---|---:|
| Sketch | the idea on one page | 2 |
| First version | something others can try | 6 |
| Polish | something you are glad to show | 3 |

How long will it really take? From an optimistic guess $a$, a likely one $m$ and a pessimistic
one $b$ you get a fair estimate and its spread:

$$
E = \frac{a + 4m + b}{6}, \qquad \sigma = \frac{b - a}{6}
$$
""",
)

_MEASURE = Theme(
    heading="Measure first, then improve",
    body=r"""
It is tempting to change things at once. **Numbers first** saves most of the detours:

- Decide on *one* figure that shows whether things got better.
- Measure it **before** you change anything, more than once.
- Change one thing, measure again, and keep what helped.

A query like this is often all the tooling you need:

```sql
SELECT date_trunc('week', finished_at) AS week,
       count(*)                        AS finished,
       avg(minutes)                    AS average_minutes
FROM sessions
GROUP BY week
ORDER BY week;
```

| Week | Finished | Average minutes |
|---|---:|---:|
| 1 | 4 | 52 |
| 2 | 6 | 45 |
| 3 | 9 | 38 |

Do not trust an average $\bar{x}$ alone. The variance tells how far single values stray from it:

$$
s^2 = \frac{1}{N - 1} \sum_{i=1}^{N} \left( x_i - \bar{x} \right)^2
$$
""",
)

_HABIT = Theme(
    heading="Small steps add up",
    body=r"""
What you do **every day** matters more than what you do once. A habit stays when it is

- **small**: ten minutes count,
- **tied to something** you do anyway, such as the first coffee,
- **visible**: a mark on the calendar is enough.

A few lines show how much comes together:

```typescript
function afterDays(days: number, dailyGain: number): number {
  return (1 + dailyGain) ** days;
}

console.log(afterDays(365, 0.01).toFixed(1)); // 37.8
```

| Better by | After 30 days | After a year |
|---|---:|---:|
| 0.1 % a day | × 1.03 | × 1.4 |
| 0.5 % a day | × 1.16 | × 6.2 |
| 1 % a day | × 1.35 | × 37.8 |

One percent a day gives $1.01^{365} \approx 37.8$. In general, with a gain of $r$ per step:

$$
A_n = A_0 \, (1 + r)^n
\quad\Longrightarrow\quad
n = \frac{\ln (A_n / A_0)}{\ln (1 + r)}
$$
""",
)

PHRASES = Phrases(
    greetings=frozenset({"hi", "hello", "hey", "hi there", "hello there", "good morning"}),
    welcomes=(
        "Hello! 👋 **Nice to meet you.** Ask me anything, and watch the answer arrive.",
        "Hello again! 👋 **I am still here.** What shall we look at next?",
        "Hi once more! 👋 **Go ahead**: a question, a plan, a piece of code.",
    ),
    openings=(
        "Good question. You asked:",
        "Let us look at it from another side. You asked:",
        "That leads a step further. You asked:",
        "Gladly. This is what I read:",
    ),
    after_intake="Thank you for your answers. This is what it is about, in your own words:",
    intake=_intake,
    take="*Choice {number} of this request.*",
    themes=(_PLAN, _MEASURE, _HABIT),
    about=(
        "I am the **demo model**: I need no key, and I do not think; I show what an answer can"
        " look like. For real answers set `OPENAI_API_KEY`, or `OPENAI_BASE_URL` for any"
        " OpenAI-compatible server (Ollama, vLLM, a gateway), and start again."
    ),
    reminder=(
        "*Still the demo model speaking. Set `OPENAI_API_KEY` or `OPENAI_BASE_URL` to talk to a"
        " real one.*"
    ),
)
