// The words of a message that does not leave at once; they arrive with the part that sends.

export const words = {
  proving: "One moment: there is a lot going on, your message is on its way.",
  crowded: "There is too much going on, and it could not be sent. Please try again later, or call.",
  expired: "A message of {when} could not be sent within a day. It was deleted from this device.",
  foundTitle: "A message that was not sent",
  foundText: "Somebody wrote a message here on {when}, and it was not sent.",
  foundMine: "It is mine, show it",
  foundSend: "It is mine, send it",
  sureTitle: "Discard this message?",
  sureText: "It is deleted from this device. If it had left already, the clinic may have it.",
  back: "Keep",
};
