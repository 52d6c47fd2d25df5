/** What is loaded for a call: what follows it, its stage, and its styles. */
import type { Room } from "@heliograph/client";
import { type Call, goesOn, NO_CALL } from "./call/model.js";
import type { CallPlace } from "./call/place.js";
import { followCall } from "./edge/call.js";
import type { LoadedCall } from "./edge/calls.js";
import { browserCallWorld } from "./edge/my-media.js";
import { stayAwake } from "./edge/stay-awake.js";
import { callView } from "./views/call.js";

/** Follows the call of `room`, wherever it is drawn. */
export function callOf(room: Room): LoadedCall {
  let last: Call = NO_CALL;
  let shown: (call: Call) => void = () => {};
  const awake = stayAwake();
  const actions = followCall(room, browserCallWorld(), (call) => {
    last = call;
    awake(goesOn(call));
    shown(call);
  });
  return {
    ...actions,
    drawIn({ place, show }: CallPlace) {
      const view = callView(actions);
      place.replaceChildren(view.element);
      shown = (call) => {
        view.update(call);
        show({ mine: call.mine, problem: call.problem, othersAre: call.callers.length > 0 });
      };
      shown(last);
    },
  };
}
