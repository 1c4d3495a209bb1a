"""For tests of chat: requests that wait, listeners of the channel layer, slots of the day."""
