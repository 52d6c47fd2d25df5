const DELAYS = [1_000, 2_000, 4_000]; // docs/protocol.md §5

/** Does `action` again after 1, 2 and 4 s more (up to a fifth later), until stopped. */
export function resend(action: () => void, random: () => number = Math.random): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = (step: number) => {
    const delay = DELAYS[step];
    if (delay === undefined) return;
    timer = setTimeout(
      () => {
        wait(step + 1);
        action();
      },
      delay * (1 + random() / 5),
    );
  };
  wait(0);
  return () => clearTimeout(timer);
}
