// foretide-agent: one per host; monitors it and runs the workers that the coordinator's set names.
int main() { return 0; }
