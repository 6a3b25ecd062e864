// At the beginning of a line abcjs repeats the naturals that cancelled the key before; printed music
// shows them where the key changes, and then the new signature alone (Gould 2011, "Behind Bars",
// p. 93). For `afterParsing` of abcjs.
function withPlainKeys(tune) {
  for (const staff of tune.lines.flatMap((line) => line.staff ?? [])) {
    const accidentals = staff.key?.accidentals?.filter((one) => one.acc !== "natural");
    if (accidentals) staff.key = { ...staff.key, accidentals, impliedNaturals: undefined };
  }
  return tune;
}
