"""Korean phrases.

What a member wrote stands in brackets or after a colon: a particle behind it would have to fit
its last syllable.
"""

from demo.answers.showcase import Phrases, Theme

_NOTHING = {"없음", "없어", "없어요", "없습니다", "딱히 없음", "딱히 없어요", "아니요", "none"}


def _intake(state: str | None, goal: str | None, misc: str | None) -> str:
    told = []
    if state and goal:
        told.append(
            f"지금 상황(**{state}**)에서 출발해 목표(**{goal}**)에 이르는 길을 함께 찾아보겠습니다."
        )
    elif state or goal:
        told.append(
            f"말씀해 주신 {'현재 상황' if state else '목표'}(**{state or goal}**)부터 살펴볼게요."
        )
    if misc and misc not in _NOTHING:
        told.append(f"함께 말씀하신 조건(**{misc}**)도 잊지 않을게요.")
    return " ".join(told)


_PLAN = Theme(
    heading="오늘 바로 시작할 수 있는 계획",
    body=r"""
목표는 **당장 시작할 수 있을 만큼 작아졌을 때** 비로소 쉬워집니다. 세 단계면 충분합니다.

1. **한 문장으로 적기**: 언제 끝났다고 할 수 있는지 드러나게 써 보세요.
2. **첫걸음 정하기**: 30분 안에 끝낼 수 있는 일을 골라 오늘 해 보세요.
3. **매주 돌아보기**: 목표는 그대로 두고 계획만 고치면 됩니다.

코드로 옮기면 계획은 그저 목록 하나입니다.

```python
from dataclasses import dataclass


@dataclass
class Step:
    name: str
    hours: float


plan = [Step("초안", 2), Step("첫 버전", 6), Step("다듬기", 3)]
print(f"모두 {sum(step.hours for step in plan):.0f}시간")
```

| 단계 | 끝나면 남는 것 | 시간 |
|---|---|---:|
| 초안 | 한 장으로 정리한 생각 | 2 |
| 첫 버전 | 남이 써 볼 수 있는 결과물 | 6 |
| 다듬기 | 자신 있게 보여 줄 결과물 | 3 |

실제로는 얼마나 걸릴까요? 낙관적인 예상 $a$, 그럴듯한 예상 $m$, 비관적인 예상 $b$ 세 값이면
기댓값과 편차를 어림할 수 있습니다.

$$
E = \frac{a + 4m + b}{6}, \qquad \sigma = \frac{b - a}{6}
$$
""",
)

_MEASURE = Theme(
    heading="먼저 재고, 그다음에 고치기",
    body=r"""
당장 뭔가 바꾸고 싶어지지만, **숫자부터 확인하면** 먼 길을 돌아가지 않아도 됩니다.

- 나아졌는지 보여 줄 지표를 *하나만* 고릅니다.
- 바꾸기 **전에** 먼저, 그것도 여러 번 재 둡니다.
- 한 번에 하나만 바꾸고 다시 잰 뒤, 도움이 된 것만 남깁니다.

도구도 거창할 필요가 없습니다. 이런 쿼리 하나면 됩니다.

```sql
SELECT date_trunc('week', finished_at) AS week,
       count(*)                        AS finished,
       avg(minutes)                    AS average_minutes
FROM sessions
GROUP BY week
ORDER BY week;
```

| 주차 | 끝낸 일 | 평균 소요 시간(분) |
|---|---:|---:|
| 1주 | 4 | 52 |
| 2주 | 6 | 45 |
| 3주 | 9 | 38 |

평균 $\bar{x}$ 하나만 믿지는 마세요. 값들이 평균에서 얼마나 흩어져 있는지는 분산이 알려 줍니다.

$$
s^2 = \frac{1}{N - 1} \sum_{i=1}^{N} \left( x_i - \bar{x} \right)^2
$$
""",
)

_HABIT = Theme(
    heading="작은 걸음이 쌓이면",
    body=r"""
한 번 크게 하는 것보다 **매일 조금씩** 하는 것이 더 멀리 갑니다. 오래가는 습관은 이렇습니다.

- **작습니다**: 10분이면 충분합니다.
- **이미 하는 일에 붙어 있습니다**: 아침 첫 커피처럼요.
- **눈에 보입니다**: 달력에 표시 하나면 됩니다.

얼마나 쌓이는지는 몇 줄로 확인할 수 있습니다.

```typescript
function afterDays(days: number, dailyGain: number): number {
  return (1 + dailyGain) ** days;
}

console.log(afterDays(365, 0.01).toFixed(1)); // 37.8
```

| 하루에 나아지는 만큼 | 30일 뒤 | 1년 뒤 |
|---|---:|---:|
| 0.1 % | 1.03배 | 1.4배 |
| 0.5 % | 1.16배 | 6.2배 |
| 1 % | 1.35배 | 37.8배 |

하루에 1 %씩만 나아져도 $1.01^{365} \approx 37.8$, 약 38배가 됩니다. 한 걸음에 $r$만큼
나아진다면 일반적으로 이렇게 쓸 수 있습니다.

$$
A_n = A_0 \, (1 + r)^n
\quad\Longrightarrow\quad
n = \frac{\ln (A_n / A_0)}{\ln (1 + r)}
$$
""",
)

PHRASES = Phrases(
    greetings=frozenset(
        {"안녕", "안녕하세요", "안녕하십니까", "하이", "반가워", "반가워요", "반갑습니다"}
    ),
    welcomes=(
        "안녕하세요! 👋 **만나서 반갑습니다.** 무엇이든 물어보시면 답이 한 글자씩 도착할 거예요.",
        "또 뵙네요! 👋 **저는 여기 그대로 있어요.** 이번에는 무엇을 살펴볼까요?",
        "다시 반갑습니다! 👋 **편하게 말씀해 주세요.** 질문도, 계획도, 코드도 좋습니다.",
    ),
    openings=(
        "좋은 질문이에요. 이렇게 물어보셨죠.",
        "이번에는 다른 쪽에서 살펴볼게요. 이렇게 물어보셨죠.",
        "이야기가 한 걸음 더 나아가네요. 이렇게 말씀하셨어요.",
        "네, 기꺼이요. 저는 이렇게 읽었습니다.",
    ),
    after_intake="답변해 주셔서 고맙습니다. 직접 적어 주신 말을 옮기면 이렇습니다.",
    intake=_intake,
    take="*이 요청의 {number}번째 답변입니다.*",
    themes=(_PLAN, _MEASURE, _HABIT),
    about=(
        "저는 키 없이도 답하는 **데모 모델**입니다. 실제로 생각하지는 못하고, 답변이 어떤 모습일지"
        " 보여 드려요. 진짜 모델과 이야기하려면 `OPENAI_API_KEY`를 설정하거나, OpenAI 호환"
        " 서버(Ollama, vLLM, 게이트웨이 등)라면 `OPENAI_BASE_URL`을 설정한 뒤 다시 시작해 주세요."
    ),
    reminder=(
        "*아직은 데모 모델이 답하고 있어요. 진짜 모델과 이야기하려면 `OPENAI_API_KEY`나"
        " `OPENAI_BASE_URL`을 설정해 주세요.*"
    ),
)
