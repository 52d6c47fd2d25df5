/** Runs `task` in the next task of the event loop. Unlike a timer, hidden pages do not slow it down. */
export function runInNextTask(task: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    task();
  };
  port2.postMessage(null);
}
