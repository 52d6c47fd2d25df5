import { type Action, reduce, START, type State } from "./state.js";

export interface Store {
  readonly state: State;
  dispatch(action: Action): void;
}

/** Holds the state; `changed` hears of every change, once per action. */
export function createStore(changed: (state: State) => void): Store {
  let state = START;
  return {
    get state() {
      return state;
    },
    dispatch(action) {
      state = reduce(state, action);
      changed(state);
    },
  };
}
