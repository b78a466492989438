import { testMembers, withBody } from "./members.ts";

// Bodies of lists, counts, polls: what they hold is a question, and nothing in it is required.
testMembers(withBody.filter(({ bodyRequired }) => bodyRequired === false));
