import { expect, test } from "vitest";

test("two connections meet", async () => {
  const a = new RTCPeerConnection(),
    b = new RTCPeerConnection();
  const ch = a.createDataChannel("x", { negotiated: true, id: 0 });
  b.createDataChannel("x", { negotiated: true, id: 0 });
  const cs: string[] = [];
  a.onicecandidate = (e) => {
    if (e.candidate) {
      cs.push(e.candidate.candidate);
      b.addIceCandidate(e.candidate).catch(() => {});
    }
  };
  b.onicecandidate = (e) => {
    if (e.candidate) a.addIceCandidate(e.candidate).catch(() => {});
  };
  await a.setLocalDescription();
  await b.setRemoteDescription(a.localDescription!);
  await b.setLocalDescription();
  await a.setRemoteDescription(b.localDescription!);
  const t = performance.now();
  await new Promise((r) => {
    ch.onopen = r;
  });
  console.log("open in", performance.now() - t, cs);
  expect(ch.readyState).toBe("open");
});
