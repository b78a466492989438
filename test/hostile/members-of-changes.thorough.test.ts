import { testMembers, withBody } from "./members.ts";

testMembers(withBody.filter(({ bodyRequired }) => bodyRequired !== false));
