export default function PartnerPage() { return null; }
