// Writes down what a screen reader would say: everything that is added to a live region, or changed in it, from now on.
window.said = [];
new MutationObserver((changes) => {
  for (const { target, addedNodes } of changes) {
    const place = target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement;
    const region = place?.closest("[role=log], [role=status], [role=alert], [aria-live]");
    const text = (addedNodes.length ? [...addedNodes].map((node) => node.textContent).join(" ") : target.textContent).trim();
    if (region && text && region.ariaLive !== "off") said.push([region.getAttribute("role"), text]);
  }
}).observe(document, { childList: true, subtree: true, characterData: true });
