// Whether Sigstore's own verifier takes a bundle for signed with a key: verify.js BUNDLE KEY.
import { createPublicKey } from "crypto";
import { readFileSync } from "fs";
import bundles from "@sigstore/bundle";
import verifiers from "@sigstore/verify";

const [, , bundle, key] = process.argv;
const publicKey = createPublicKey(readFileSync(key));
const material = {
  certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [],
  publicKey: () => ({ publicKey, validFor: () => true }),
};
const none = { tlogThreshold: 0, ctlogThreshold: 0, tsaThreshold: 0, timestampThreshold: 0 };
const signed = bundles.bundleFromJSON(JSON.parse(readFileSync(bundle)));
new verifiers.Verifier(material, none).verify(verifiers.toSignedEntity(signed));
