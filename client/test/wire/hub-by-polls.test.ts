/** All that hub.test.ts says, in a network that refuses WebSockets. */
import { Service } from "../loopback/service.js";

Service.sockets = "refused";
await import("./hub.test.js");
