import { testFilters } from "./property.ts";

testFilters({ seeds: [11, 12, 13, 14, 15, 16, 17, 18], requests: 150 });
