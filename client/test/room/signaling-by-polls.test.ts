/** All that signaling.test.ts says, in a network that refuses WebSockets. */
import { Service } from "../loopback/service.js";

Service.sockets = "refused";
await import("./signaling.test.js");
