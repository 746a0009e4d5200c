/** The index of the highest score; among equals each has the same chance. */
export function select(scores: Float64Array, random: () => number): number {
  let best = 0;
  let equals = 1;
  for (let i = 1; i < scores.length; i++) {
    if (scores[i]! > scores[best]!) {
      best = i;
      equals = 1;
    } else if (scores[i] === scores[best] && random() * ++equals < 1) best = i;
  }
  return best;
}
