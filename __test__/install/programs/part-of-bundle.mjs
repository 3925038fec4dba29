export function answerTo(data) {
  return `${data}ed`;
}
