import { testFilters } from "./property.ts";

testFilters({ seeds: [1, 2], requests: 40 });
