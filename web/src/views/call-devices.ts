import { h, type View } from "../base/dom.js";
import type { Call, Device, DeviceKind } from "../call/model.js";
import { formats, words } from "../words/page.js";

export interface DevicesActions {
  showDevices(isShown: boolean): void;
  choose(kind: DeviceKind, id: string): void;
}

/** Which microphone, camera and loudspeaker are used. Not all browsers let a page choose the last. */
export function devicesView(actions: DevicesActions): View<Call> {
  const close = h("button", { type: "button", class: "button" }, words.call.close);
  const fields = h("div", { class: "choices" });
  const title = h("h2", { id: "devices-title" }, words.call.devices);
  const attributes = { class: "choose card", "aria-labelledby": "devices-title" };
  const element = h(
    "dialog",
    { ...attributes, "data-testid": "call-devices-choice" },
    ...[title, fields, close],
  );
  close.addEventListener("click", () => actions.showDevices(false));
  element.addEventListener("close", () => actions.showDevices(false));
  let shown: Call["devices"] = null;

  return {
    element,
    update({ devices, chosen }) {
      if (devices === null) element.close();
      else {
        if (devices !== shown) fields.replaceChildren(...fieldsFor(devices, chosen, actions));
        if (!element.open && element.isConnected) element.showModal();
      }
      shown = devices;
    },
  };
}

const KINDS = ["microphone", "camera", "speaker"] as const;

function fieldsFor(
  devices: readonly Device[],
  chosen: Call["chosen"],
  { choose }: DevicesActions,
): HTMLElement[] {
  return KINDS.flatMap((kind) => {
    const found = devices.filter((one) => one.kind === kind);
    const isPossible = kind !== "speaker" || "setSinkId" in HTMLMediaElement.prototype;
    return found.length === 0 || !isPossible ? [] : [field(kind, found, chosen[kind], choose)];
  });
}

function field(
  kind: DeviceKind,
  devices: readonly Device[],
  chosen: string | undefined,
  choose: DevicesActions["choose"],
): HTMLElement {
  const label = words.call[kind];
  const options = devices.map((device, at) =>
    h(
      "option",
      { value: device.id },
      device.label || words.call.device(label, formats.number(at + 1)),
    ),
  );
  const select = h("select", { class: "field", "data-testid": `call-choose-${kind}` }, ...options);
  if (chosen !== undefined) select.value = chosen;
  select.addEventListener("change", () => choose(kind, select.value));
  return h("label", {}, label, select);
}
