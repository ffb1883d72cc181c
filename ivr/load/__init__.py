"""What calls cost, measured on a real FreeSWITCH: the switch, the crowd, the ways to control a call."""
