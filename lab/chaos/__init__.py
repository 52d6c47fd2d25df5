"""People in two-party calls over two stamps whose parts are killed, frozen, cut off and slowed."""
