// The words of a running conversation; they arrive with it. A language's file holds them together with the others.

export const words = {
  endSure: "The answers can then no longer be read here.",
  endYes: "End and forget",
  endNo: "Keep",
  endFailed: "There is no connection. Please try again.",
  seen: "Opened",
  log: "Conversation",
  you: "You",
  received: "Your message has arrived. Reference:",
  staff: "Clinic",
  today: "Today",
  yesterday: "Yesterday",
  claimed: "Your message is now with {name}.",
  closed: "The conversation was closed. You can still write; that opens it again.",
  reopened: "The conversation is open again.",
  unverified: "This message could not be verified.",
  unknown: "This message cannot be shown here.",
  memory: "This browser keeps nothing here: closing or reloading the page ends the conversation.",
};
